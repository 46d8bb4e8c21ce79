"""Edit and resend: a message as text and tree, beside what it was, with what came of sending it."""
