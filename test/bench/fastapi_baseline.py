"""The server that a Python user would write around the same weights, for bench-predict-server.ts to hold graft's against.

Usage: fastapi_baseline.py MODEL.h5 --mode predict|batched --port N --size 150 --range 0,1
  predict: `model.predict` for each request, in FastAPI's threads
  batched: what waits goes through one `tf.function` together, up to 32 pictures, as a careful user would do it
POST /predict with a picture's bytes as body gives {"label": i, "scores": [...]}. It says "ready" on stdout when it answers.
"""

import argparse
import asyncio
import io
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import uvicorn  # noqa: E402
from contextlib import asynccontextmanager  # noqa: E402
from fastapi import FastAPI, Request  # noqa: E402
from fastapi.concurrency import run_in_threadpool  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402

BATCH = 32

parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("--mode", choices=["predict", "batched"], required=True)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--size", type=int, required=True)
parser.add_argument("--range", required=True)
arguments = parser.parse_args()
low, high = (float(number) for number in arguments.range.split(","))
model = keras.models.load_model(arguments.model, compile=False)


def decode(body):
    photo = ImageOps.exif_transpose(Image.open(io.BytesIO(body))).convert("RGB")
    photo = photo.resize((arguments.size, arguments.size), Image.BILINEAR)
    return np.asarray(photo, dtype="float32") / 255 * (high - low) + low


def told(scores):
    return {"label": int(scores.argmax()), "scores": [float(score) for score in scores]}


def answer(body):
    return told(model.predict(decode(body)[None], verbose=0)[0])


@tf.function(input_signature=[tf.TensorSpec([None, arguments.size, arguments.size, 3], tf.float32)])
def forward(images):
    return model(images, training=False)


waiting = asyncio.Queue()


async def compute():
    while True:
        batch = [await waiting.get()]
        while len(batch) < BATCH and not waiting.empty():
            batch.append(waiting.get_nowait())
        images = np.stack([image for image, _ in batch])
        rows = await run_in_threadpool(lambda: forward(tf.constant(images)).numpy())
        for (_, done), row in zip(batch, rows):
            if not done.cancelled():
                done.set_result(row)


@asynccontextmanager
async def life(_):
    answer(io.BytesIO(warm_picture()).getvalue())
    forward(tf.zeros([1, arguments.size, arguments.size, 3]))
    computing = asyncio.create_task(compute())
    print("ready", flush=True)
    yield
    computing.cancel()


def warm_picture():
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), "grey").save(buffer, "JPEG")
    return buffer.getvalue()


app = FastAPI(lifespan=life)


@app.post("/predict")
async def predict(request: Request):
    body = await request.body()
    if arguments.mode == "predict":
        return await run_in_threadpool(answer, body)
    image = await run_in_threadpool(decode, body)
    done = asyncio.get_running_loop().create_future()
    await waiting.put((image, done))
    return told(await done)


uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="error", access_log=False)
