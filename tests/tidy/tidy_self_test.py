#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule of tidy.py finds what it is for, and leaves its neighbour alone."""
import unittest

import arrows
import tidy

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
ARCHITECTURE = """# Architecture

## Folders

```
base <- ber <- snmp <- usm              bytes in, values out
base <- net                             sockets
snmp <- mib                             names
base, usm <- journal                    LMDB
net, usm <- ingest                      the hot path
mib, journal <- forwarders
all of these <- config <- admin <- gateway (trapd/*.cc) <- main
base, usm, net <- bench                 the load generator
```
"""
BODY = "  step();\n"


def tree(files: dict[str, str], compiled=(), commands=()) -> tidy.Tree:
    texts = {"trapd/ARCHITECTURE.md": ARCHITECTURE, **files}
    octets = {path: text.encode() for path, text in texts.items()}
    return tidy.Tree(octets, set(compiled), list(commands))


def header(text: str) -> str:
    return SPDX + "#pragma once\n" + text


# rule, path, what is wrong, the same done right
CASES = [
    ("arrows", "trapd/ber/a.cc", '#include "trapd/snmp/b.h"\n', '#include "trapd/base/b.h"\n'),
    ("arrows", "trapd/net/a.cc", '#include "trapd/ber/b.h"\n', '#include "trapd/net/b.h"\n'),
    ("arrows", "mib/a.cc", '#include "trapd/usm/b.h"\n', '#include "trapd/ber/b.h"\n'),
    ("arrows", "trapd/ingest/a.cc", '#include "trapd/config/b.h"\n', '#include "trapd/ber/b.h"\n'),
    ("arrows", "trapd/config/a.cc", '#include "trapd/admin/b.h"\n', '#include "mib/b.h"\n'),
    ("arrows", "trapd/gateway_x.cc", '#include "trapd/main.cc"\n', '#include "trapd/admin/b.h"\n'),
    ("arrows", "bench/a.cc", '#include "trapd/ingest/b.h"\n', '#include "trapd/snmp/b.h"\n'),
    ("arrows", "trapd/new/a.cc", "int a;\n", None),
    ("arrows", "forwarders/mail/a.cc", '#include "forwarders/syslog/b.h"\n',
     '#include "forwarders/mail/b.h"\n'),
    ("arrows", "forwarders/a.cc", '#include "forwarders/mail/b.h"\n', '#include "mib/b.h"\n'),
    ("arrows", "trapd/ingest/b.cc", "#include <lmdb.h>\n", "#include <uv.h>\n"),
    ("includes", "trapd/ber/a.cc", '#include "nowhere.h"\n', '#include "trapd/ARCHITECTURE.md"\n'),
    ("headers", "trapd/ber/a.h", "int a;\n", "#pragma once\nint a;\n"),
    ("memcmp", "trapd/usm/a.cc", "bool a = std::memcmp(b, c, 1) == 0;\n",
     "bool a = CRYPTO_memcmp(b, c, 1) == 0;  // not memcmp(\n"),
    ("output", "trapd/net/a.cc", 'void a() { std::printf("x"); }\n',
     'void a() { std::snprintf(b, 1, "printf(x)"); }\n'),
    ("output", "mib/a.cc", "void a() { std::cerr << 1; }\n", "// std::cerr\nint cerrno;\n"),
    ("detach", "trapd/net/a.cc", "void a() { thread.detach(); }\n", "void a() { detached(); }\n"),
    ("ownership", "trapd/net/a.cc", "A* a = new A();\n",
     "auto a = std::unique_ptr<A>(new A());\n"),
    ("ownership", "trapd/net/a.cc", "void b() { delete a; }\n", "A(const A&) = delete;\n"),
    ("ownership", "trapd/net/a.cc", "void* a = malloc(1);\n", "// new delete malloc(1)\n"),
    ("long file", "trapd/net/a.cc", "int a;\n" * 500, "int a;\n" * 499),
    ("long function", "trapd/net/a.cc", "void a() {\n" + BODY * 69 + "}\n",
     "void a() {\n" + BODY * 68 + "}\n"),
    ("long function", "trapd/net/a.cc", "A::A(int b,\n     int c) {\n" + BODY * 68 + "}\n",
     "namespace a {\n" + BODY * 100 + "}\n"),
    ("long function", "trapd/net/a.cc", "class A {\n  void a() {\n" + ("  " + BODY) * 69 + "  }\n};\n",
     "class A {\n" + "  void a();\n" * 80 + "};\n"),
    ("long function", "trapd/net/a.cc", "void a() {\n  if (b) {\n" + BODY * 80 + "  }\n}\n",
     'TEST_CASE("many small checks") {\n' + BODY * 80 + "}\n"),
    ("markers", "conf/a.md", "TO" + "DO: more\n", "to do: " + "X" * 6 + "\n"),
    ("names", "trapd/net/socket_utils.cc", "", None),
    ("names", "trapd/common/a.md", "", None),
    ("blanks", "conf/a.md", "a \n", "a\n"),
    ("blanks", "conf/a.md", "a", "a\n\n"),
    ("size", "conf/a.md", "a\n" * 110_000, "a\n" * 100),
    ("packages", "conf/a.md", "apt-get install -y cmake\n", "docker/install build\n"),
    ("packages", "conf/a.md", "pip install x\n", 'apt-get install "${missing[@]}"\n'),
    ("built", "tests/unit/net/a_test.cc", "", None),
    ("built", "tests/fuzz/fuzz_a.cc", "", None),
    ("built", "tests/scenario/a.scn", "", None),
    ("built", "tests/interop/a_test.py", "", None),
]


class RulesTest(unittest.TestCase):
    def rules_of(self, path: str, text: str) -> set[str]:
        if path.endswith((".cc", ".h", ".py")):
            text = SPDX + text
        found = tidy.run(tree({path: text}), {})
        return {finding.rule for finding in found if finding.path == path}

    def test_each_rule_finds_what_it_is_for(self):
        for rule, path, wrong, right in CASES:
            with self.subTest(rule=rule, path=path, text=wrong[:60]):
                self.assertIn(rule, self.rules_of(path, wrong))
                if right is not None:
                    self.assertNotIn(rule, self.rules_of(path, right))

    def test_every_rule_has_a_case(self):
        shown = {rule for rule, *_ in CASES} | {"licence"}
        names = {"arrows", "includes", "headers", "memcmp", "output", "detach", "ownership",
                 "long file", "long function", "markers", "names", "blanks", "size", "licence",
                 "packages", "built"}
        self.assertEqual(shown, names)
        self.assertEqual(len(tidy.RULES), len(names))

    def test_a_source_without_licence_is_found(self):
        for path in ("trapd/net/a.cc", "trapd/net/CMakeLists.txt", "tests/a.py"):
            found = tidy.run(tree({path: "int a;\n"}), {})
            self.assertIn("licence", {f.rule for f in found})
        found = tidy.run(tree({"tests/a.py": "#!/usr/bin/python3\n#" + SPDX[2:]}), {})
        self.assertNotIn("licence", {f.rule for f in found})

    def test_programs_may_write_to_the_terminal(self):
        self.assertNotIn("output", self.rules_of("trapd/ctl/a.cc", 'void a() { printf("x"); }\n'))

    def test_a_test_that_is_built_is_not_found(self):
        files = {"tests/unit/net/a_test.cc": SPDX, "tests/scenario/a.scn": "STEP 1\n"}
        found = tidy.run(tree(files, ["tests/unit/net/a_test.cc"], ["runner /x/tests/scenario"]), {})
        self.assertNotIn("built", {f.rule for f in found})

    def test_exceptions_hide_and_must_be_needed(self):
        files = {"conf/a.md": "a \n"}
        self.assertEqual(tidy.run(tree(files), {"blanks": {"conf/a.md": "why"}}), [])
        stale = tidy.run(tree(files), {"blanks": {"conf/a.md": "why"}, "size": {"b": "why"}})
        self.assertEqual([f.path for f in stale], ["b"])


class ArrowsTest(unittest.TestCase):
    def test_the_picture_is_read_with_its_words(self):
        allowed = arrows.read(ARCHITECTURE)
        self.assertEqual(allowed["usm"], {"base", "ber", "snmp", "usm"})
        self.assertIn("mib", allowed["main"])
        self.assertIn("gateway", allowed["main"])
        self.assertNotIn("main", allowed["gateway"])
        self.assertNotIn("bench", allowed["config"])


if __name__ == "__main__":
    unittest.main()
