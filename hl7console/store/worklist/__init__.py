"""The worklist's database: the projection's rows, what each entry did, and the queries."""
