"""Files of originals, unpacked or in an archive, and published files."""

import io
import tarfile
import zipfile

import scipy.io


def write(folder, files):
    """Files as if the archives were unpacked; contents are words or bytes."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(_bytes(content))
    return folder


def write_zip(path, files):
    """The same files in a ZIP archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, _bytes(content))
    return path


def write_tgz(path, files):
    """The same files in a compressed TAR archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(_bytes(content))
            archive.addfile(member, io.BytesIO(_bytes(content)))
    return path


def write_published(path, labels, tags):
    """LAll and YAll in one file."""
    scipy.io.savemat(path, {"LAll": labels, "YAll": tags}, do_compression=True)
    return path


def _bytes(content):
    return content.encode() if isinstance(content, str) else content
