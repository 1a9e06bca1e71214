"""What the pages of records share: finding a form, its place in the menu, how values are shown."""
