"""What goes over the wire, as pydantic models: the OpenAPI, and with it the web application's types, are made of them.

Answers are read off the services' frozen values by attribute; bodies refuse fields they do not know.
"""
