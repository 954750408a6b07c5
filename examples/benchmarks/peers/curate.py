"""Throughput of datatrove: Gopher's quality and repetition filters, and MinHash deduplication with 14 buckets of 8 hashes.

Arguments: STEPS (quality, near-duplicates or both, separated by a comma) WORKERS CORPUS.jsonl
Prints lines "result NAME VALUE". One run; writing the corpus in as many parts as there are workers is not counted.
"""

import glob
import json
import os
import resource
import shutil
import sys
import tempfile
import time

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from loguru import logger


def main(steps, workers, file):
    logger.remove()
    work = tempfile.mkdtemp()
    try:
        source = os.path.join(work, "source")
        os.makedirs(source)
        parts = [open(os.path.join(source, f"{i}.jsonl"), "w", encoding="utf-8") for i in range(workers)]
        size = 0
        with open(file, encoding="utf-8") as lines:
            for i, line in enumerate(lines):
                parts[i % workers].write(line)
                size += len(json.loads(line)["text"].encode("utf-8"))
        for part in parts:
            part.close()

        def run(name, pipeline, tasks):
            logs = os.path.join(work, "logs", name)
            LocalPipelineExecutor(pipeline, tasks=tasks, workers=workers, logging_dir=logs, start_method="fork").run()

        def writer(folder):
            return JsonlWriter(folder, compression=None)

        start, before = time.perf_counter(), processor()
        if "quality" in steps:
            filtered = os.path.join(work, "filtered")
            run("quality", [JsonlReader(source), GopherRepetitionFilter(), GopherQualityFilter(), writer(filtered)], workers)
            source = filtered
        if "near-duplicates" in steps:
            config = MinhashConfig(num_buckets=14, hashes_per_bucket=8)
            signatures, buckets, removed = (os.path.join(work, name) for name in ("signatures", "buckets", "removed"))
            run("signatures", [JsonlReader(source), MinhashDedupSignature(signatures, config=config)], workers)
            run("buckets", [MinhashDedupBuckets(signatures, buckets, config=config)], 14)
            run("cluster", [MinhashDedupCluster(buckets, removed, config=config)], 1)
            unique = os.path.join(work, "unique")
            run("unique", [JsonlReader(source), MinhashDedupFilter(removed), writer(unique)], workers)
            source = unique
        seconds = time.perf_counter() - start
        kept = sum(1 for part in glob.glob(source + "/*") for _ in open(part, encoding="utf-8"))
        print("result megabytes_per_second", size / 1e6 / seconds)
        print("result documents_kept", kept)
        print("result cores_used", (processor() - before) / seconds)
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * workers
        print("result peak_resident_mb", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + children) / 1024)
    finally:
        shutil.rmtree(work)


def processor():
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usage)


main(sys.argv[1].split(","), int(sys.argv[2]), sys.argv[3])
