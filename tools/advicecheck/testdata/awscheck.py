"""Reads a JSON list of AWS CLI command lines, each a list of words without the leading "aws", from standard input.

Runs each through the CLI's own parser up to the call of the service, which is not made: its parameters are held against
the service's model instead, and what --query asks for against the shape of the answer. Writes a JSON list of complaints,
null where there is none.
"""

import contextlib
import io
import json
import os
import socket
import sys
import tempfile

config = tempfile.NamedTemporaryFile("w")
config.write('[profile "my own"]\n')  # the one that the commands name
config.flush()
os.environ.update(
    AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="",
    AWS_CONFIG_FILE=config.name, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true",
)

import jmespath
from awscli.clidriver import create_clidriver

# Version 2 of the CLI brings a botocore of its own, under this name from here on.
from botocore.client import BaseClient
from botocore.utils import ArgumentGenerator
from botocore.validate import ParamValidator


class NotMade(BaseException):
    pass


calls = []


def note(client, operation, params):
    model = client.meta.service_model.operation_model(operation)
    report = ParamValidator().validate(params, model.input_shape)
    calls.append((model, report.generate_report()))
    raise NotMade(operation)


def refuse(*_):
    raise NotMade("network")


BaseClient._make_api_call = note
socket.socket.connect = socket.socket.connect_ex = refuse
driver = create_clidriver()


def complaint(argv):
    calls.clear()
    err = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        try:
            driver.main(argv)
        except (NotMade, SystemExit):
            pass
    if not calls:
        return "no call: " + err.getvalue().strip()[-500:]
    model, report = calls[0]
    if report:
        return report
    if "--query" in argv:
        query = argv[argv.index("--query") + 1]
        answer = ArgumentGenerator(use_member_names=True).generate_skeleton(model.output_shape)
        # A filter compares with real keys, which the skeleton lacks: what is filtered must be there at least.
        found = jmespath.search(query.split("[?")[0], answer)
        if not found or any(leaf is None for leaf in leaves(found)):
            return f"{query} finds {found} in the answer of {model.name}"
    return None


def leaves(value):
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


json.dump([complaint(argv) for argv in json.load(sys.stdin)], sys.stdout)
