#!/usr/bin/env python3
"""Print test/fixtures/torch-pickles.json: tensors pickled as torch pickles them, with stand-ins for torch's classes.

A tensor is a call of torch._utils._rebuild_tensor_v2 with its storage, offset, size and stride; its storage is a call of
torch.storage._load_from_bytes with what torch.save writes without a zip file: four pickles in a row, a pickle of the storages' keys, and
the number of elements and the elements of each storage. make-torch-pickles.py > test/fixtures/torch-pickles.json
"""
import base64, collections, io, json, pickle, struct, sys, types


def module(name, **members):
    made = sys.modules[name] = types.ModuleType(name)
    for key, member in members.items():
        member.__module__, member.__qualname__ = name, key
        setattr(made, key, member)


def rebuild(*_):
    pass


def rebuild_parameter(*_):
    pass


def load(_):
    pass


formats = {"Float": "f", "Double": "d", "Half": "e", "Long": "q", "Int": "i", "Short": "h", "Char": "b", "Byte": "B", "Bool": "?", "BFloat16": None}
storage_types = {name: type(name + "Storage", (), {}) for name in formats}
module("torch", **{made.__name__: made for made in storage_types.values()})
module("torch._utils", _rebuild_tensor_v2=rebuild, _rebuild_parameter=rebuild_parameter)
module("torch.storage", _load_from_bytes=load)


class Storage:
    def __init__(self, kind, values):
        self.kind, self.values = kind, values

    def data(self):
        if self.kind == "BFloat16":
            return b"".join(struct.pack("<f", value)[2:] for value in self.values)
        return struct.pack(f"<{len(self.values)}{formats[self.kind]}", *self.values)

    def __reduce__(self):
        out = io.BytesIO()
        info = dict(protocol_version=1001, little_endian=True, type_sizes=dict(short=2, int=4, long=4))
        for part in (0x1950A86A20F9469CFC6C, 1001, info):
            pickle.dump(part, out, protocol=2)
        pickler = pickle.Pickler(out, protocol=2)
        pickler.persistent_id = lambda one: ("storage", storage_types[self.kind], "94417", "cpu", len(self.values), None) if one is self else None
        pickler.dump(self)
        pickle.dump(["94417"], out, protocol=2)
        out.write(struct.pack("<q", len(self.values)) + self.data())
        return load, (out.getvalue(),)


class Tensor:
    def __init__(self, kind, values, size, stride, offset=0, storage=None):
        self.args = (storage or Storage(kind, values), offset, size, stride, False, collections.OrderedDict())

    def __reduce_ex__(self, _):
        return rebuild, self.args


class Parameter:
    def __init__(self, data):
        self.data = data

    def __reduce_ex__(self, _):
        return rebuild_parameter, (self.data, True, collections.OrderedDict())


shared = Storage("Double", [0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
cases = [
    ("a float", Tensor("Float", [0.25], (), ()), 0.25),
    ("a float that is no short decimal", Tensor("Float", [0.1], (), ()), 0.10000000149011612),
    ("a list of doubles", Tensor("Double", [0.1, -2.5], (2,), (1,)), [0.1, -2.5]),
    ("a table", Tensor(None, None, (2, 3), (3, 1), 0, shared), [[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]]),
    ("a transposed table", Tensor(None, None, (3, 2), (1, 3), 0, shared), [[0.5, 3.5], [1.5, 4.5], [2.5, 5.5]]),
    ("a slice", Tensor(None, None, (2,), (2,), 3, shared), [3.5, 5.5]),
    ("an expanded number", Tensor("Long", [7], (2, 2), (0, 0)), [[7, 7], [7, 7]]),
    ("no elements", Tensor("Float", [], (0,), (1,)), []),
    ("a parameter", Parameter(Tensor("Float", [1.0], (1,), (1,))), [1]),
    ("booleans", Tensor("Bool", [True, False], (2,), (1,)), [True, False]),
    ("halves of a float", [Tensor("Half", [0.5], (), ()), Tensor("BFloat16", [-1.5], (), ())], [0.5, -1.5]),
    ("integers", [Tensor(kind, [100], (), ()) for kind in ("Int", "Short", "Char", "Byte")], [100] * 4),
    ("two tensors of one storage", {"a": Tensor(None, None, (1,), (1,), 0, shared), "b": Tensor(None, None, (1,), (1,), 1, shared)}, {"a": [0.5], "b": [1.5]}),
    ("a tell", {"type": "tell", "message": {"config": {"x": Tensor("Float", [0.5], (1,), (1,))}, "outcome": Tensor("Long", [1], (), ())}}, {"type": "tell", "message": {"config": {"x": [0.5]}, "outcome": 1}}),
]
refused = [
    ("elements beyond the storage", Tensor("Float", [1.0], (2,), (1,))),
    ("an offset beyond the storage", Tensor("Float", [1.0], (), (), 1)),
    ("a negative stride", Tensor("Float", [1.0, 2.0], (2,), (-1,), 1)),
    ("fewer strides than dimensions", Tensor("Float", [1.0], (1, 1), (1,))),
    ("a tensor that multiplies one number", Tensor("Float", [1.0], (1000, 1000, 1000), (0, 0, 0))),
]
rows = []
for name, value, wanted in cases:
    for protocol in (2, 4):
        rows.append({"name": f"{name}, protocol {protocol}", "pickle": base64.b64encode(pickle.dumps(value, protocol)).decode(), "value": wanted})
for name, value in refused:
    rows.append({"name": name, "pickle": base64.b64encode(pickle.dumps(value, 4)).decode()})
print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")
