"""What goes over the wire: bodies as they are accepted, records as they are shown.

Amounts are whole minor units, instants UTC, days the business's. Accepted bodies refuse unknown
fields, so what may be set is exactly what is written here.
"""
