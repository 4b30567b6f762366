"""Documents drawn by Typst: PDF/A-3a and PDF/UA-1, the same bytes for the same view."""

from chalicelib.adapters.documents.typst_documents import TypstDocuments

__all__ = ["TypstDocuments"]
