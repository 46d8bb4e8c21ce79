"""The message list: model, table, search box and what one does with messages."""
