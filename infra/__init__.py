"""What surrounds the product: its resources, its deployment and the world it runs in locally."""
