"""Exchange rates: which form of an app holds them (`kind`), and what CONVERT reads of it (`read`)."""
