"""An attribute that several threads replace together comes back when the last one is done."""

import threading
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from capture.any_modules import OwnAttention
from regard.capture.any_module import capture_calls
from regard.capture.replaced import Replaced


def test_the_last_one_puts_it_back():
    owner = SimpleNamespace(name="original")
    replaced = Replaced(owner, "name", lambda original: f"wrapped {original}")
    with replaced:
        with replaced:
            assert owner.name == "wrapped original"
        assert owner.name == "wrapped original"
    assert owner.name == "original"
    with pytest.raises(KeyboardInterrupt), replaced:
        raise KeyboardInterrupt
    assert owner.name == "original"


def test_threads_see_their_own_calls_only():
    torch.manual_seed(0)
    models = [nn.Sequential(*(OwnAttention() for _ in range(count))) for count in (1, 2, 3)]
    states = torch.randn(1, 9, 32)
    alone = [model(states).detach() for model in models]
    found, barrier = {}, threading.Barrier(len(models))

    def work(number):
        barrier.wait()
        for _ in range(5):
            record = capture_calls(models[number], states)
            with torch.no_grad():
                found[number] = (len(record.attention().layers), torch.equal(models[number](states), alone[number]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(models))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: (1, True), 1: (2, True), 2: (3, True)}
