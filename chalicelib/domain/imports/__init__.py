"""Files of other accounting systems, read into our words: customers and open invoices."""
