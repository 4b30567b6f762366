"""A walk over the AR desk: everything an accounts-receivable team does, by the API alone."""
