"""A client that knows no interface beforehand: it asks the broker for all of them.

Run by test_velocitas.py with the broker's address as the argument; says what it got as JSON.
"""

from __future__ import annotations

import json
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

channel = grpc.insecure_channel(sys.argv[1])
database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)


def call(service: str, name: str, /, **fields: object) -> object:
    method = pool.FindServiceByName(service).FindMethodByName(name)
    request, reply = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    send = channel.unary_unary(
        f"/{service}/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=reply.FromString,
    )
    return send(request(**fields), timeout=10)


signal = {"path": "Vehicle.Speed"}
value = call("kuksa.val.v2.VAL", "GetValue", signal_id=signal).data_point.value
older = call("kuksa.val.v1.VAL", "Get", entries=[{"path": "Vehicle.Speed", "fields": [2]}])
oldest = call("sdv.databroker.v1.Broker", "GetDatapoints", datapoints=["Vehicle.Speed"])
health = call("grpc.health.v1.Health", "Check", service="kuksa.val.v2.VAL")
print(
    json.dumps(
        {
            "services": sorted(database.get_services()),
            "kinds": [
                value.WhichOneof("typed_value"),
                older.entries[0].value.WhichOneof("value"),
                oldest.datapoints["Vehicle.Speed"].WhichOneof("value"),
            ],
            "health": health.status,
        }
    )
)
