"""The SQLite database of a workspace: schema, migrations, writer, reader, search, retention."""
