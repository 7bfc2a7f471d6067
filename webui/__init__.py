"""The pages for staff and the REST API: Flask over the services, no rules of its own."""
