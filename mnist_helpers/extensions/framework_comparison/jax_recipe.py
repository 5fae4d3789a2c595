"""JAX: functions of arrays. An epoch is one function, and one compiled program."""

from functools import partial
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax


def build(task):
    model = SimpleNamespace()
    load(model, task.weights)
    return model


def load(model, weights):
    model.params = jax.tree.map(jnp.asarray, list(weights))


@jax.jit
def forward(params, images):
    *hidden, (kernel, bias) = params
    for hidden_kernel, hidden_bias in hidden:
        images = jax.nn.relu(images @ hidden_kernel + hidden_bias)
    return images @ kernel + bias


def mean_loss(params, images, labels):
    return optax.softmax_cross_entropy_with_integer_labels(forward(params, images), labels).mean()


@partial(jax.jit, static_argnames=("batch_size", "optimizer"))
def train_one_epoch(params, state, key, images, labels, *, batch_size, optimizer):
    def step(carry, batch):
        params, state = carry
        gradients = jax.grad(mean_loss)(params, images[batch], labels[batch])
        updates, state = optimizer.update(gradients, state)
        return (optax.apply_updates(params, updates), state), None

    order = jax.random.permutation(key, len(labels))
    even, rest = jnp.split(order, [len(labels) // batch_size * batch_size])
    carry, _ = jax.lax.scan(step, (params, state), even.reshape(-1, batch_size))
    return step(carry, rest)[0] if len(rest) else carry


@jax.jit
def measure(params, images, labels):
    scores = forward(params, images)
    losses = optax.softmax_cross_entropy_with_integer_labels(scores, labels)
    return losses.mean(), (scores.argmax(axis=1) == labels).mean()


def fit(model, task):
    train, val = (tuple(map(jnp.asarray, part)) for part in (task.train, task.val))
    optimizer = optax.adam(task.learning_rate)
    state, key = optimizer.init(model.params), jax.random.key(task.seed)
    for epoch in range(task.num_epochs):
        model.params, state = train_one_epoch(
            model.params, state, jax.random.fold_in(key, epoch), *train,
            batch_size=task.batch_size, optimizer=optimizer,
        )  # fmt: skip
        yield tuple(map(float, (*measure(model.params, *train), *measure(model.params, *val))))


def logits(model, images):
    return np.asarray(forward(model.params, images))
