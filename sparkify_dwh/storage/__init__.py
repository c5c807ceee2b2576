"""The object store: S3 and local files behind one interface.

store    the interface: list, read, write, delete       s3, local     its two implementations
urls     s3:// and file:/// URLs                        prefetch      reading many objects ahead
"""
