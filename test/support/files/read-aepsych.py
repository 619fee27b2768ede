#!/usr/bin/env python3
"""Print the messages, strats and configs of a file that AEPsych wrote, as Python's own pickle reads them: a JSON line a row.

A pickle that would import anything but plain data is refused, so nothing of the file is run.
"""
import _compat_pickle, configparser, io, json, pickle, sqlite3, sys, types
from tagged import tag


class Config(configparser.ConfigParser):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return str  # the converters of AEPsych's own class


Config.__module__ = "aepsych.config"
sys.modules["aepsych"] = types.ModuleType("aepsych")
sys.modules["aepsych.config"] = types.ModuleType("aepsych.config")
sys.modules["aepsych.config"].Config = Config

PLAIN = {"_codecs", "_io", "aepsych.config", "collections", "configparser", "datetime", "functools"}
BUILTINS = {"dict", "list", "bytes", "bytearray", "object", "int", "float", "bool", "str", "set"}


class Unpickler(pickle._Unpickler):
    def find_class(self, module, name):
        known = _compat_pickle.IMPORT_MAPPING.get(module, module)
        if known in PLAIN or known.startswith("re") or (known == "builtins" and name in BUILTINS | {"getattr"}):
            return super().find_class(module, name)
        if known == "copyreg" and name in ("_reconstructor", "__newobj__"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def read(blob):
    try:
        return {"value": tag(Unpickler(io.BytesIO(blob)).load())}
    except Exception as error:
        return {"error": str(error)}


database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for table, column in (("replay_data", "message_contents"), ("replay_data", "extra_info"), ("strat_data", "strat"), ("config_data", "config")):
    if column not in {row[1] for row in database.execute(f"PRAGMA table_info({table})")}:
        continue
    for unique_id, blob in database.execute(f"SELECT unique_id, {column} FROM {table} ORDER BY unique_id"):
        print(json.dumps({"table": table, "column": column, "id": unique_id, **({"null": True} if blob is None else read(blob))}))
