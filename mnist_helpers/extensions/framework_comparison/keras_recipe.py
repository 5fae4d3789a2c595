"""Keras 3. The environment variable KERAS_BACKEND says who computes: tensorflow or jax."""

import keras
from keras import layers

from mnist_helpers.extensions.framework_comparison.task import MEASURE_BATCH


def build(task):
    model = keras.Sequential([
        layers.Input((784,)),
        layers.Dense(128, activation="relu"),
        layers.Dense(64, activation="relu"),
        layers.Dense(10),
    ])  # fmt: skip
    load(model, task.weights)
    model.compile(
        optimizer=keras.optimizers.Adam(task.learning_rate, epsilon=1e-8),  # Keras's own is 1e-7
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def load(model, weights):
    model.set_weights([array for layer in weights for array in layer])


def fit(model, task):
    keras.utils.set_random_seed(task.seed)
    for _ in range(task.num_epochs):
        model.fit(*task.train, batch_size=task.batch_size, verbose=0)
        yield (*measure(model, task.train), *measure(model, task.val))


def measure(model, part):
    return model.evaluate(*part, batch_size=MEASURE_BATCH, verbose=0)  # loss and accuracy


def logits(model, images):
    return model.predict(images, batch_size=MEASURE_BATCH, verbose=0)
