"""Edit recipes: writing, trying out, saving and choosing them."""
