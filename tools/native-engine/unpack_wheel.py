"""Unpacks of a TensorFlow wheel what a native binding needs: libraries, C headers, package metadata.

Usage: unpack_wheel.py WHEEL FOLDER

A wheel unpacks to 1.3 GB in 20,000 files; these parts are 60 % of it in some 900. The header folders are those that
the C API of TensorFlow 2.12 to 2.21 includes from (tsl moved twice in that time).
"""

import re
import sys
import zipfile

WANTED = re.compile(
    r"tensorflow/libtensorflow_(cc|framework)\.so\.2$"
    r"|tensorflow/include/(tensorflow/(c|core/platform|core/public|tsl)|tsl|xla/tsl)/.*\.h$"
    r"|[^/]+\.dist-info/(METADATA|WHEEL|LICENSE[^/]*)$"
)

wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if WANTED.match(name):
            archive.extract(name, folder)
