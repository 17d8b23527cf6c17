"""The back office: an ERP that fetches orders as 1C does, and a fiscal register that confirms each sale."""
