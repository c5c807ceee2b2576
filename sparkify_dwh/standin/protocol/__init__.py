"""PostgreSQL's wire protocol: messages, and the buffered sockets that carry them."""
