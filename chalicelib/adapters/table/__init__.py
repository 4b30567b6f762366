"""The one DynamoDB table, through PynamoDB. `store.DynamoStore` is the port; the rest is its parts.

Keys and access patterns are decided in docs/decisions/0011-one-table.md. Nothing is imported here:
`keys` and `units` are pure and cheap, the others cost PynamoDB's 130 ms.
"""
