"""Bytes for the object store of Ray that workers see where they lie, without a copy."""

import pickle


class Blob:
    """Comes out of the store as a read-only memoryview of the store's memory."""

    def __init__(self, data):
        self.data = data

    def __reduce_ex__(self, protocol):
        if protocol < 5:
            return memoryview, (bytes(self.data),)
        return memoryview, (pickle.PickleBuffer(self.data),)
