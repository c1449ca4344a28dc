"""The conversations of tests/api, against what an OpenSearch node answered to the same (`make check-peers` asks it anew)."""
import json
import pathlib
import sys

import pytest
from conftest import drop_slots

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'api'))
import conversation  # noqa: E402
import sides  # noqa: E402


@pytest.fixture(scope='module')
def here(postgres):
    it = sides.Here(postgres)
    try:
        yield it
    finally:
        it.drop()
        drop_slots(postgres)


@pytest.mark.parametrize('file', conversation.files(), ids=lambda f: f.stem)
def test_answers_as_recorded(here, file):
    recorded = json.loads(conversation.expected_file(file).read_text())
    wrong = []
    for case in conversation.cases(file):
        got = conversation.reply(here.ask(*conversation.request(case, here.ids)), here.ids)
        wrong += conversation.complaints(case, recorded[case['name']], got)
    assert not wrong, '\n'.join(wrong)


def test_every_recording_has_its_case():
    for file in conversation.files():
        names = [case['name'] for case in conversation.cases(file)]
        assert len(set(names)) == len(names), file.name
        assert set(json.loads(conversation.expected_file(file).read_text())) == set(names), file.name
