"""Reports: what passed the interfaces in a day, a week, a month or any span, and how well."""
