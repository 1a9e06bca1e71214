"""What the pages about publishing say: changes, places and uses in the words of those who design."""
