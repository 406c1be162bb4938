// Checks a package or a receipt with the file and nothing else: what petition/deliveries/proof does, in a browser.
// Faults are codes with values; the page has the sentences. Nothing here asks the network.
const verifyChecks = (() => {
  "use strict";
  const { Fault, canonical, canonicalPart, checkSchema, entriesOf, parsed } = verifyReading;
  const { encoded, hex, unhex, unbase64, base64, joined, read, sha256, crc32, plain } = verifyReading.bytes;
  const LONGEST_LINE = 65536, MOST_FAULTS = 10, MOST_NAMES = 20;
  const LARGEST = { manifest: 4 << 20, stamp: 1 << 20, receipt: 8 << 20, signature: 64, key: 1000 };
  const AT_ONCE = 4096; // hashes that are asked for together
  const APART = ["manifest.json", "manifest.json.sig", "manifest.json.tsr"];
  const COMMITMENT = new TextEncoder().encode("petition-line/1\0");
  const SPKI = "302a300506032b6570032100"; // how an Ed25519 key begins in DER

  // The manifest (proof/manifest.py, signed_manifest.py)
  const isVolume = (name) => name.startsWith("list-");
  const orderOf = (names) => {
    const count = names.filter(isVolume).length;
    const volumes = Array.from({ length: count }, (_, n) => `list-${String(n + 1).padStart(3, "0")}.pdf`);
    const [manifest, signature, stamp] = APART;
    const lists = ["list.csv", "list.xlsx", "list.jsonl"];
    return ["cover-letter.pdf", ...volumes, ...lists, manifest, signature, "key.pem", "VERIFY.txt", stamp];
  };
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const counted = (rows) => sum(rows.map((row) => row.signature_count));

  function* disagreements(manifest) {
    const declared = manifest.signature_count;
    const sums = {
      countries_do_not_add_up: counted(manifest.signatures_by_country),
      origins_do_not_add_up: sum(Object.values(manifest.signatures_by_origin)),
      shown_do_not_add_up: sum(Object.values(manifest.shown)),
      texts_do_not_add_up: counted(manifest.texts),
      tree_size: manifest.tree.size,
    };
    for (const [code, found] of Object.entries(sums)) if (found !== declared) yield new Fault(code, { found, declared });
    const codes = manifest.signatures_by_country.map((row) => row.code);
    if (codes.some((code, n) => n && codes[n - 1] >= code)) yield new Fault("countries_unordered");
    const chosen = manifest.filters.countries;
    for (const country of new Set(chosen.length ? codes : [])) {
      if (!chosen.includes(country)) yield new Fault("country_not_asked", { country });
    }
    const texts = manifest.texts.map((text) => `${text.version} ${text.locale}`);
    if (new Set(texts).size < texts.length) yield new Fault("text_twice");
    const names = manifest.files.map((file) => file.name);
    const expected = orderOf(names).filter((name) => !APART.includes(name));
    if (canonical(names) !== canonical(expected) || !names.some(isVolume)) yield new Fault("files_wrong");
    for (const file of manifest.files) {
      const said = ["bytes_before_signing", "sha256_before_signing"].filter((key) => Object.hasOwn(file, key)).length;
      const cannotBe = !file.name.endsWith(".pdf") || file.bytes_before_signing >= file.bytes;
      if (said && (said < 2 || cannotBe)) yield new Fault("signing_incomplete", { name: file.name });
    }
  }

  async function checkSignature(report, manifest, content, signature, pem, trusted) {
    const found = pem.match(/^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/]{59}=)\n-----END PUBLIC KEY-----\n$/);
    const der = found ? unbase64(found[1]) : new Uint8Array();
    let key = null;
    if (found && base64(der) === found[1] && hex(der).startsWith(SPKI)) {
      key = await crypto.subtle.importKey("spki", der, { name: "Ed25519" }, false, ["verify"]).catch(() => null);
    }
    if (!key) return void report.faults.push(new Fault("bad_key"));
    report.fingerprint = hex(await sha256(der));
    const holds = await crypto.subtle.verify({ name: "Ed25519" }, key, signature, content);
    if (!holds) report.faults.push(new Fault("bad_signature"));
    if (report.fingerprint !== manifest.key) report.faults.push(new Fault("key_not_named"));
    if (trusted && report.fingerprint !== trusted) {
      report.faults.push(new Fault("wrong_key", { found: report.fingerprint }));
    }
  }

  // The tree (RFC 9162, 2.1)
  async function hashAll(count, pieceAt, progress) {
    const hashes = new Uint8Array(32 * count);
    for (let start = 0; start < count; start += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - start) }, (_, n) =>
        crypto.subtle.digest("SHA-256", pieceAt(start + n)),
      );
      (await Promise.all(some)).forEach((hash, n) => hashes.set(new Uint8Array(hash), 32 * (start + n)));
      progress(start / count);
    }
    return hashes;
  }
  const node = (left, right) => joined([1], left, right);

  async function rootOf(leaves, progress) {
    if (!leaves.length) return sha256(leaves);
    let level = leaves;
    while (level.length > 32) {
      const below = level, pairs = Math.floor(below.length / 64);
      const left = below.length / leaves.length;
      const pairAt = (n) => joined([1], below.subarray(64 * n, 64 * n + 64));
      const hashes = await hashAll(pairs, pairAt, (share) => progress(1 - left * (1 - share / 2)));
      level = joined(hashes, below.subarray(64 * pairs));
    }
    return level;
  }

  async function pathHolds(leaf, index, size, path, root) {
    let at = index, last = size - 1, soFar = leaf;
    if (at >= size) return false;
    for (const beside of path) {
      if (last === 0) return false;
      if (at % 2 || at === last) {
        soFar = await sha256(node(beside, soFar));
        while (at && at % 2 === 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
      } else soFar = await sha256(node(soFar, beside));
      [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    }
    return last === 0 && hex(soFar) === root;
  }

  // The list (proof/list_check.py)
  const rank = (unit) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800); // code points' order
  const compared = (some, other) => {
    const shorter = Math.min(some.length, other.length);
    for (let at = 0; at < shorter; at++) {
      const difference = some.charCodeAt(at) - other.charCodeAt(at);
      if (difference) return rank(some.charCodeAt(at)) - rank(other.charCodeAt(at));
    }
    return some.length - other.length;
  };
  const PARTS = ["country", "shown", "name", "c"];
  const comparedLines = (some, other) => {
    for (const part of PARTS) {
      const difference = compared(some[part] ?? "", other[part] ?? "");
      if (difference) return difference;
    }
    return 0;
  };

  function linesOf(bytes, wrong) {
    const ends = [];
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) ends.push(at);
    if (bytes.length && bytes[bytes.length - 1] !== 10) {
      ends.push(bytes.length);
      wrong(ends.length, new Fault("no_line_end"));
    }
    return ends.map((end, n) => bytes.subarray(n ? ends[n - 1] + 1 : 0, end));
  }

  async function checkList(schemas, bytes, progress) {
    const found = { faults: [], size: 0, countries: new Map(), manners: new Map(), whole: true, root: "" };
    const wrong = (n, why) => {
      found.faults.push(new Fault("in_line", { n, why }));
      if (found.faults.length >= MOST_FAULTS) throw new Fault("more_lines");
    };
    try {
      const lines = linesOf(bytes, wrong);
      found.size = lines.length;
      await checkLines(schemas, lines, found, wrong, (share) => progress(share / 3));
      const leaves = await hashAll(lines.length, (n) => joined([0], lines[n]), (share) => progress((1 + share) / 3));
      found.root = hex(await rootOf(leaves, (share) => progress((2 + share) / 3)));
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      found.whole = false;
      found.faults.push(fault);
    }
    return found;
  }

  async function checkLines(schemas, lines, found, wrong, progress) {
    const more = (counts, key) => counts.set(key, (counts.get(key) ?? 0) + 1);
    const commitments = new Set();
    let last = null, expected = 1, twice = null;
    for (const [index, bytes] of lines.entries()) {
      if (index % AT_ONCE === 0) {
        progress(index / lines.length);
        await new Promise((resume) => setTimeout(resume)); // the page stays alive
      }
      const number = expected++;
      try {
        if (bytes.length > LONGEST_LINE) throw new Fault("line_too_long");
        const line = canonicalPart(schemas, "line", bytes);
        more(found.countries, line.country);
        more(found.manners, line.shown);
        if (commitments.has(line.c)) twice ??= line.c;
        commitments.add(line.c);
        const before = last;
        [last, expected] = [line, line.n + 1];
        const order = before ? comparedLines(before, line) : -1;
        if (order === 0) throw new Fault("same_line");
        if (order > 0) throw new Fault("out_of_order");
        if (line.n !== number) throw new Fault("wrong_n", { found: line.n });
      } catch (fault) {
        if (!(fault instanceof Fault)) throw fault;
        wrong(index + 1, fault);
      }
    }
    if (twice) found.faults.push(new Fault("c_twice", { c: twice.slice(0, 26) }));
  }

  function* countFaults(manifest, list) {
    const total = manifest.signature_count;
    if (list.size !== total) yield new Fault("list_size", { found: list.size, declared: total });
    if (sum([...list.manners.values()]) < list.size) return; // lines that nobody can read are in no count
    const declared = new Map(manifest.signatures_by_country.map((row) => [row.code, row.signature_count]));
    for (const country of [...new Set([...list.countries.keys(), ...declared.keys()])].sort()) {
      const numbers = { found: list.countries.get(country) ?? 0, declared: declared.get(country) ?? 0 };
      if (numbers.found !== numbers.declared) yield new Fault("list_country", { country, ...numbers });
    }
    for (const [shown, number] of Object.entries(manifest.shown)) {
      const numbers = { found: list.manners.get(shown) ?? 0, declared: number };
      if (numbers.found !== numbers.declared) yield new Fault("list_shown", { shown, ...numbers });
    }
  }

  // A package (proof/package_check.py)
  async function checkPackage(report, file, { schemas, trusted, progress }) {
    const entries = await entriesOf(file);
    const [manifestName, signatureName] = APART;
    const needed = [manifestName, signatureName, "key.pem"];
    const absent = needed.filter((name) => !entries.has(name));
    report.faults.push(...absent.map((name) => new Fault("missing", { name })));
    if (absent.length) return;
    const whole = async (name, largest) => {
      const entry = entries.get(name);
      if (entry.size > largest) throw new Fault("oversized", { name });
      const bytes = await read(file, entry.content, entry.end);
      if (APART.includes(name) && crc32(bytes) !== entry.crc) report.faults.push(new Fault("crc", { name }));
      return bytes;
    };
    const content = await whole(manifestName, LARGEST.manifest);
    const signature = await whole(signatureName, LARGEST.signature);
    const pem = new TextDecoder("latin1").decode(await whole("key.pem", LARGEST.key));
    let manifest;
    try {
      manifest = canonicalPart(schemas, "manifest", content);
    } catch (why) {
      if (!(why instanceof Fault)) throw why;
      throw new Fault("in_file", { name: manifestName, why });
    }
    report.summary = manifest;
    for (const why of disagreements(manifest)) report.faults.push(new Fault("in_file", { name: manifestName, why }));
    await checkSignature(report, manifest, content, signature, pem, trusted);
    report.faults.push(...nameFaults(manifest, [...entries.keys()]));
    const files = [...new Map(manifest.files.map((one) => [one.name, one])).values()]; // each is read once
    const bytes = sum(files.map((one) => one.bytes));
    let done = 0;
    for (const one of files) {
      const entry = entries.get(one.name);
      const share = one.bytes / bytes;
      if (entry) await checkFile(report, file, entry, one, manifest, schemas, (part) => progress(done + part * share));
      done += share;
    }
    report.notes.push("tables_by_hash", "pdfs_by_hash");
    if (!entries.has(APART[2])) return;
    await whole(APART[2], LARGEST.stamp);
    report.notes.push("stamp_not_read");
  }

  function* nameFaults(manifest, names) {
    const declared = manifest.files.map((one) => one.name);
    const there = new Set(names);
    const missing = [...new Set(declared)].filter((name) => !there.has(name)).slice(0, MOST_NAMES);
    for (const name of missing) yield new Fault(isVolume(name) ? "volume_missing" : "missing", { name });
    const allowed = new Set([...declared, ...APART]);
    const others = names.filter((name) => !allowed.has(name)).slice(0, MOST_NAMES);
    for (const name of others) yield new Fault("too_many", { name: plain(name) });
    const found = names.filter((name) => allowed.has(name));
    const order = orderOf(declared).filter((name) => there.has(name));
    if (canonical(found) !== canonical(order)) yield new Fault("zip_order");
  }

  async function checkFile(report, file, entry, declared, manifest, schemas, progress) {
    const name = entry.name;
    if (entry.size !== declared.bytes) {
      report.faults.push(new Fault("size_wrong", { name, found: entry.size, declared: declared.bytes }));
      return;
    }
    const bytes = await read(file, entry.content, entry.end);
    if (hex(await sha256(bytes)) !== declared.sha256) report.faults.push(new Fault("changed", { name }));
    const before = declared.sha256_before_signing;
    if (before && hex(await sha256(bytes.subarray(0, declared.bytes_before_signing))) !== before) {
      report.faults.push(new Fault("before_signing", { name }));
    }
    if (crc32(bytes) !== entry.crc) report.faults.push(new Fault("crc", { name }));
    if (name !== "list.jsonl") return;
    const list = await checkList(schemas, bytes, progress);
    report.faults.push(...list.faults);
    if (!list.whole) return;
    report.faults.push(...countFaults(manifest, list));
    if (list.root !== manifest.tree.root) report.faults.push(new Fault("root"));
  }

  // A receipt (proof/receipt_check.py)
  async function checkReceipt(report, file, { schemas, trusted }) {
    if (file.size > LARGEST.receipt) throw new Fault("receipt_too_large");
    const text = await read(file, 0, file.size);
    const blank = (byte) => [9, 10, 13, 32].includes(byte);
    let [start, end] = [0, text.length];
    while (start < end && blank(text[start])) start++;
    while (end > start && blank(text[end - 1])) end--;
    const [receipt] = parsed(text.subarray(start, end));
    checkSchema(schemas, receipt, schemas.receipt, schemas.receipt, "");
    const manifest = (report.summary = receipt.manifest);
    for (const why of disagreements(manifest)) report.faults.push(new Fault("in_file", { name: APART[0], why }));
    await checkSignature(report, manifest, encoded(canonical(manifest)), unbase64(receipt.sig), receipt.key, trusted);
    const bytes = encoded(receipt.line);
    try {
      report.line = canonicalPart(schemas, "line", bytes);
    } catch (why) {
      if (!(why instanceof Fault)) throw why;
      throw new Fault("receipt_line", { why });
    }
    report.faults.push(...(await lineFaults(receipt, report.line, bytes)));
    report.notes.push("secret" in receipt ? "mine" : "not_whose");
  }

  async function lineFaults({ manifest, index, path, secret }, line, bytes) {
    const faults = [], { size, root } = manifest.tree;
    if (index >= size) faults.push(new Fault("receipt_outside", { index: index + 1, size }));
    if (line.n !== index + 1) faults.push(new Fault("receipt_n"));
    const leaf = await sha256(joined([0], bytes));
    if (!(await pathHolds(leaf, index, size, path.map(unhex), root))) faults.push(new Fault("receipt_path"));
    const known = manifest.signatures_by_country.some((row) => row.code === line.country);
    if (!known || !manifest.shown[line.shown]) faults.push(new Fault("receipt_counts"));
    if (secret && hex(await sha256(joined(COMMITMENT, unhex(secret)))) !== line.c) {
      faults.push(new Fault("receipt_secret"));
    }
    return faults;
  }

  // What is wrong with a file and what it says of itself. `trusted` is the fingerprint the reader names, or "".
  async function check(file, options) {
    const report = { kind: "package", faults: [], notes: [], summary: null, line: null, fingerprint: "" };
    const beginning = new TextDecoder("latin1").decode(await read(file, 0, 1024));
    if (/^[\xef\xbb\xbf \t\r\n]*\{/.test(beginning)) report.kind = "receipt";
    try {
      await (report.kind === "package" ? checkPackage : checkReceipt)(report, file, options);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      report.faults.push(fault);
    }
    return report;
  }

  // Whether this browser can check at all: Ed25519 is young, and a page that came without TLS gets no WebCrypto.
  async function possible() {
    const key = unhex(`${SPKI}d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a`);
    try {
      await crypto.subtle.importKey("spki", key, { name: "Ed25519" }, false, ["verify"]);
      return true;
    } catch {
      return false;
    }
  }

  return { check, possible };
})();
