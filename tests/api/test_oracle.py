"""Asks a real OpenSearch node every case: is the recording still what it says, and does tamis answer the same?

With RECORD=1 in the environment the recordings are written anew instead.
"""
import json
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import conversation  # noqa: E402
import sides  # noqa: E402
from harness import Postgres  # noqa: E402


@pytest.fixture(scope='module')
def both():
    postgres = Postgres()
    parts = [postgres]
    try:
        here = sides.Here(postgres)
        parts.insert(0, here)
        node = sides.OpenSearch(pathlib.Path(os.environ['ORACLE']))
        parts.insert(0, node)
        node.load(here)
        yield here, node
    finally:
        for part in parts:
            part.drop()


@pytest.mark.parametrize('file', conversation.files(), ids=lambda f: f.stem)
def test_the_oracle_agrees(both, file):
    here, node = both
    asked = {}
    wrong = []
    for case in conversation.cases(file):
        words = conversation.request(case, here.ids)
        oracle = asked[case['name']] = conversation.reply(node.ask(*words), here.ids)
        wrong += conversation.complaints(case, oracle, conversation.reply(here.ask(*words), here.ids))
    if os.environ.get('RECORD'):
        conversation.record(file, asked)
    recorded = json.loads(conversation.expected_file(file).read_text())
    for case in conversation.cases(file):
        old, new = (conversation.parts(case, side[case['name']]) for side in (recorded, asked))
        wrong += [f'{case["name"]}: recorded otherwise: {line}' for line in conversation.differences(old, new)]
    assert not wrong, '\n'.join(wrong)
