"""What the shop writes to its customers: confirmations, reminders of carts left behind, answers to their mail."""
