"""Where data lives: SQL (the commit point), the lake (data at rest), its caches (answers), and blobs (media).

Nothing is imported here, because each engine costs up to two seconds to load: import the part that is needed.
"""
