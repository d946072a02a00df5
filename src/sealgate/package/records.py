"""The fixed parts of a ZIP archive's records: layouts and marks (PKWARE APPNOTE 6.3.10, section 4.3).

Every number is little-endian. Sizes and offsets are in bytes.
"""

from struct import Struct

LOCAL_MARK = b"PK\x03\x04"
CENTRAL_MARK = b"PK\x01\x02"
DESCRIPTOR_MARK = b"PK\x07\x08"
END_MARK = b"PK\x05\x06"
ZIP64_END_MARK = b"PK\x06\x06"
ZIP64_LOCATOR_MARK = b"PK\x06\x07"

LOCAL = Struct("<4s5H3L2H")
"""4.3.7: mark, version needed, flags, method, time, date, CRC-32, compressed size, size, name and extra length."""

CENTRAL = Struct("<4s6H3L5H2L")
"""4.3.12: mark, version made by, version needed, flags, method, time, date, CRC-32, compressed size, size, name, extra
and comment length, disk, internal attributes, external attributes, offset of the local header."""

END = Struct("<4s4H2LH")
"""4.3.16: mark, disk, directory's disk, entries on this disk, entries, directory size, directory offset, comment
length."""

ZIP64_END = Struct("<4sQ2H2L4Q")
"""4.3.14: mark, size of what follows, version made by, version needed, disk, directory's disk, entries on this disk,
entries, directory size, directory offset."""

ZIP64_LOCATOR = Struct("<4sLQL")
"""4.3.15: mark, disk of the ZIP64 end record, its offset, number of disks."""

ZIP64_END_LENGTH = 44
"""What the ZIP64 end record says of itself when it has no extensible data: its 56 bytes less mark and this field."""

FULL_16 = 0xFFFF
"""A 16-bit field that refers to ZIP64 records (4.4.1.4)."""

FULL_32 = 0xFFFFFFFF
"""A 32-bit field that refers to ZIP64 records."""

STORED = 0
DEFLATED = 8

FLAG_DESCRIPTOR = 1 << 3
"""CRC-32 and sizes follow the data (4.4.4)."""

FLAG_UTF8 = 1 << 11
"""Name and comment are UTF-8 (appendix D)."""

HOST_UNIX = 3
