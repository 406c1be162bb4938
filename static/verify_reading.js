// Reads a package or a receipt as strangers' files must be read: the bytes of a ZIP, and JSON of which every byte counts.
// What is wrong is a Fault: a code with values, for which the page has the sentences.
const verifyReading = (() => {
  "use strict";
  const NOT_ON_A_LIST = /[\0-\x1f\x7f-\x9f\u2028\u2029]/;

  class Fault extends Error {
    constructor(code, values = {}) {
      super(code);
      this.code = code;
      this.values = values;
    }
  }

  // Bytes
  const encoded = (text) => new TextEncoder().encode(text);
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const unbase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const same = (some, other) => some.length === other.length && some.every((byte, at) => byte === other[at]);
  const joined = (...parts) => {
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const read = async (file, start, end) => new Uint8Array(await file.slice(start, end).arrayBuffer());
  const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const decoded = (bytes) => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Fault("not_utf8");
    }
  };
  const plain = (text) => {
    const shown = text.replace(/[^\P{C}]|[^\P{Z} ]/gu, "\ufffd");
    return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
  };

  const CRCS = Uint32Array.from({ length: 256 }, (_, start) => {
    let crc = start;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const crc32 = (bytes) => {
    let crc = ~0;
    for (let at = 0; at < bytes.length; at++) crc = CRCS[(crc ^ bytes[at]) & 255] ^ (crc >>> 8);
    return ~crc >>> 0;
  };

  // The ZIP: every byte around the files must be the one that the program writes (proof/archive.py).
  const packed = (fields) => {
    const view = new DataView(new ArrayBuffer(fields.reduce((length, [width]) => length + width, 0)));
    let at = 0;
    for (const [width, number] of fields) {
      if (width === 4) view.setUint32(at, number, true);
      else view.setUint16(at, number, true);
      at += width;
    }
    return new Uint8Array(view.buffer);
  };
  const factsOf = (entry) => [[2, 0], [2, 0], [2, 0], [2, 0x21], [4, entry.crc], [4, entry.size], [4, entry.size]];
  const localHeader = (entry) =>
    joined(packed([[4, 0x04034b50], [2, 20], ...factsOf(entry), [2, entry.written.length], [2, 0]]), entry.written);
  const centralHeader = (entry) => {
    const rest = [[2, 0], [2, 0], [2, 0], [2, 0], [4, 0o100644 * 0x10000], [4, entry.offset]];
    const start = [[4, 0x02014b50], [2, 0x314], [2, 20], ...factsOf(entry), [2, entry.written.length]];
    return joined(packed([...start, ...rest]), entry.written);
  };

  async function directoryOf(file) {
    const tail = await read(file, Math.max(0, file.size - 22 - 0xffff), file.size);
    let at = tail.length - 4;
    while (at >= 0 && !same(tail.subarray(at, at + 4), [80, 75, 5, 6])) at--;
    const beginning = hex(await read(file, 0, 4));
    if (at < 0 || tail.length - at < 22) throw new Fault(beginning === "504b0304" ? "not_a_zip" : "neither");
    const view = new DataView(tail.buffer, at);
    const [count, length, start] = [view.getUint16(10, true), view.getUint32(12, true), view.getUint32(16, true)];
    const zip64 = at >= 20 && same(tail.subarray(at - 20, at - 16), [80, 75, 6, 7]);
    if (zip64 || length === 0xffffffff || start === 0xffffffff) throw new Fault("zip64");
    const after = tail.length - at - 22;
    const end = file.size - 22 - after;
    // Or it is the end of the workbook, in what is left of a ZIP.
    if (after && start + length !== end) throw new Fault("not_a_zip");
    if (after) throw new Fault(after === view.getUint16(20, true) ? "zip_comment" : "zip_trailing");
    if (length > 4 << 20) throw new Fault("zip_many");
    if (start + length < end) throw new Fault(beginning === "504b0304" ? "zip_between" : "zip_leading");
    const expected = [[4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, start], [2, 0]];
    if (start + length > end || !same(tail.subarray(at), packed(expected))) throw new Fault("not_a_zip");
    return { start, count, headers: await read(file, start, end) };
  }

  function entryOf(headers, at) {
    if (headers.length - at < 46) throw new Fault("not_a_zip");
    const view = new DataView(headers.buffer, headers.byteOffset + at);
    const two = (place) => view.getUint16(place, true), four = (place) => view.getUint32(place, true);
    if (four(0) !== 0x02014b50) throw new Fault("not_a_zip");
    const [nameLength, extra, comment] = [two(28), two(30), two(32)];
    const written = headers.slice(at + 46, at + 46 + nameLength);
    const name = plain(new TextDecoder("utf-8", { ignoreBOM: true }).decode(written));
    const [crc, size, offset] = [four(16), four(24), four(42)];
    const wrong = {
      zip_encrypted: two(8) & 1,
      zip_compressed: two(10),
      linked: (four(38) >>> 28) === 0o12,
      zip64: two(6) >= 45 || [four(20), size, offset].includes(0xffffffff),
      zip_extra: extra,
      zip_entry_comment: comment,
      zip_sizes: four(20) !== size,
      too_many: !same(encoded(name), written),
    };
    for (const [code, so] of Object.entries(wrong)) if (so) throw new Fault(code, { name });
    const entry = { name, written, crc, size, offset, content: offset + 30 + nameLength };
    entry.end = entry.content + size;
    return [entry, headers.subarray(at, at + 46 + nameLength + extra + comment)];
  }

  function checkPlace(found, expected, first) {
    if (found > expected) throw new Fault(first ? "zip_leading" : "zip_between");
    if (found < expected) throw new Fault("zip_overlap");
  }

  async function entriesOf(file) {
    const { start, count, headers } = await directoryOf(file);
    const entries = new Map();
    let end = 0;
    for (let at = 0; at < headers.length; ) {
      const [entry, header] = entryOf(headers, at);
      if (entries.has(entry.name)) throw new Fault("twice", { name: entry.name });
      checkPlace(entry.offset, end, entries.size === 0);
      if (!same(header, centralHeader(entry))) throw new Fault("zip_form", { name: entry.name });
      if (/^\.|[/\\:\0]/.test(entry.name)) throw new Fault("climbs_out", { name: entry.name });
      entries.set(entry.name, entry);
      end = entry.end;
      at += header.length;
    }
    checkPlace(start, end, false);
    if (count !== entries.size) throw new Fault("not_a_zip");
    for (const entry of entries.values()) {
      const local = await read(file, entry.offset, entry.content);
      if (!same(local, localHeader(entry))) throw new Fault("zip_two_heads", { name: entry.name });
    }
    return entries;
  }

  // JSON of which every byte counts (proof/strict_json.py, schema.py)
  const STRINGS = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

  const canonical = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
    return `{${members.join(",")}}`;
  };

  function* partsOf(value) {
    if (value === null || typeof value !== "object") yield value;
    else {
      for (const [key, member] of Object.entries(value)) {
        if (!Array.isArray(value)) yield key;
        yield* partsOf(member);
      }
    }
  }

  function keysOf(value, found = new Map()) {
    if (value === null || typeof value !== "object") return found;
    for (const [key, member] of Object.entries(value)) {
      if (!Array.isArray(value)) found.set(key, (found.get(key) ?? 0) + 1);
      keysOf(member, found);
    }
    return found;
  }

  function refuseTwoReadings(text, value) {
    const kept = keysOf(value);
    for (const [string, colon] of text.matchAll(STRINGS)) {
      if (!colon) continue;
      const key = JSON.parse(string.slice(0, string.length - colon.length));
      kept.set(key, kept.get(key) - 1);
      if (kept.get(key) < 0) throw new Fault("key_twice", { key: plain(key) });
    }
    const word = text.replace(STRINGS, '""').match(/-?\d+[.eE][-+\d.eE]*/);
    if (word) throw new Fault("not_whole", { word: plain(word[0]) });
  }

  // The value, and whether it is written in the canonical form; then no key is there twice and no number broken.
  function parsed(bytes) {
    if (same(bytes.subarray(0, 3), [0xef, 0xbb, 0xbf])) throw new Fault("byte_order_mark");
    if (bytes[bytes.length - 1] === 13) throw new Fault("carriage_return");
    const text = decoded(bytes);
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      const word = text.replace(STRINGS, '""').match(/NaN|-?Infinity/);
      throw word ? new Fault("no_number", { word: word[0] }) : new Fault("not_json");
    }
    const isCanonical = canonical(value) === text;
    if (!isCanonical) refuseTwoReadings(text, value);
    for (const part of partsOf(value)) {
      if (typeof part === "string") {
        if (/\p{Cs}/u.test(part)) throw new Fault("not_utf8");
        if (part.normalize("NFC") !== part) throw new Fault("not_nfc");
      } else if (typeof part === "number" && !Number.isSafeInteger(part)) {
        throw new Fault("not_whole", { word: plain(String(part)) });
      }
    }
    return [value, isCanonical];
  }

  const KINDS = {
    object: (value) => value !== null && typeof value === "object" && !Array.isArray(value),
    array: Array.isArray,
    string: (value) => typeof value === "string",
    integer: Number.isInteger,
    null: (value) => value === null,
  };
  const patterns = new Map();
  const matches = (pattern, text) => {
    if (!patterns.has(pattern)) patterns.set(pattern, new RegExp(pattern, "u"));
    return patterns.get(pattern).test(text);
  };

  // Whether a day of that date has ever been: the calendar makes the 30th of February the 1st of March, year 0 is none.
  const isDay = (text) => {
    const at = Date.parse(text);
    return !Number.isNaN(at) && text > "0001" && new Date(at).toISOString().slice(0, 10) === text;
  };

  function checkSchema(schemas, value, rule, whole, place) {
    if (rule.$ref) {
      const [other, within] = rule.$ref.split("#/$defs/");
      if (other) whole = schemas[other.replace(".json", "")];
      return checkSchema(schemas, value, within ? whole.$defs[within] : whole, whole, place);
    }
    if (rule.oneOf) {
      const fits = ({ properties: { shown } }) => (shown.enum ?? [shown.const]).includes(value?.shown);
      return checkSchema(schemas, value, rule.oneOf.find(fits) ?? rule.oneOf.at(-1), whole, place);
    }
    checkItself(value, rule, place || "/");
    if (KINDS.array(value)) value.forEach((item, n) => checkSchema(schemas, item, rule.items, whole, `${place}[${n}]`));
    else if (KINDS.object(value)) checkMembers(schemas, value, rule, whole, place ? `${place}.` : "");
  }

  function checkItself(value, rule, place) {
    const kinds = [rule.type ?? []].flat();
    if (kinds.length && !kinds.some((kind) => KINDS[kind](value))) throw new Fault("wrong_kind", { place });
    const fits =
      (!("const" in rule) || value === rule.const) &&
      (!rule.enum || rule.enum.includes(value)) &&
      (typeof value !== "number" || (value >= (rule.minimum ?? value) && value <= (rule.maximum ?? value))) &&
      (typeof value !== "string" ||
        (value.length >= (rule.minLength ?? 0) &&
          value.length <= (rule.maxLength ?? Infinity) &&
          (!rule.pattern || matches(rule.pattern, value)) &&
          (rule.format !== "date" || isDay(value))));
    if (!fits) throw new Fault("wrong_value", { place, value: plain(String(value)) });
  }

  function checkMembers(schemas, value, rule, whole, dot) {
    for (const key of rule.required) if (!Object.hasOwn(value, key)) throw new Fault("key_missing", { key: dot + key });
    for (const [key, member] of Object.entries(value)) {
      if (!Object.hasOwn(rule.properties, key)) throw new Fault("key_unknown", { key: dot + plain(key) });
      checkSchema(schemas, member, rule.properties[key], whole, dot + key);
    }
  }

  function canonicalPart(schemas, name, bytes) {
    const [value, isCanonical] = parsed(bytes);
    checkSchema(schemas, value, schemas[name], schemas[name], "");
    const texts = name === "line" ? [value.name ?? "", value.city ?? ""] : [];
    if (texts.some((text) => NOT_ON_A_LIST.test(text))) throw new Fault("control_character");
    if (!isCanonical) throw new Fault("not_canonical");
    return value;
  }

  const bytes = { encoded, hex, unhex, unbase64, base64, joined, read, sha256, crc32, plain };
  return { Fault, bytes, canonical, canonicalPart, checkSchema, entriesOf, parsed };
})();
