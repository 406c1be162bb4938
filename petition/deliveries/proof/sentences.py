"""The sentences of what can be wrong, by code. In English; the page of `/verify` translates them."""

from __future__ import annotations

_ = str  # marks for `make translations`

SENTENCES = {
    # Where.
    "in_file": _("%(name)s: %(why)s"),
    "in_line": _("list.jsonl, line %(n)s: %(why)s"),
    "more_lines": _("list.jsonl has more faults than these; the rest of it was not read."),
    # The file as a whole.
    "not_readable": _("It cannot be read: %(why)s."),
    "neither": _("This is neither a package (a ZIP or a folder) nor a receipt."),
    "receipt_too_large": _("This is too large to be a receipt."),
    "not_a_zip": _("This is not a whole ZIP: its end is missing or broken."),
    "zip_trailing": _("The ZIP has something after its end that does not belong there."),
    "zip_leading": _("The ZIP has something before its first entry that does not belong there."),
    "zip_between": _("The ZIP has something between its entries that belongs to none of them."),
    "zip_overlap": _("The entries of the ZIP lie over one another."),
    "zip_comment": _("The ZIP has a comment. A package has none."),
    "zip64": _("The ZIP is written as a very large one (ZIP64), which a package never needs."),
    "zip_many": _("The ZIP has far more entries than a package can have."),
    "zip_compressed": _("%(name)s is compressed in the ZIP. In a package nothing is, so that nothing can swell."),
    "zip_encrypted": _("%(name)s is encrypted in the ZIP."),
    "zip_extra": _("%(name)s has an extra field in the ZIP. A package has none."),
    "zip_entry_comment": _("%(name)s has a comment in the ZIP. A package has none."),
    "zip_sizes": _("%(name)s has two different sizes in the ZIP."),
    "zip_form": _("%(name)s does not stand in the ZIP as a package's files do (time, mode, version)."),
    "zip_two_heads": _("The ZIP's directory and the entry itself disagree about %(name)s."),
    "zip_order": _("The entries of the ZIP are not in the order of a package."),
    "climbs_out": _("The name %(name)s leads out of the package."),
    "linked": _("%(name)s is a link, not a file."),
    "not_a_file": _("%(name)s is not a plain file."),
    "too_many": _("%(name)s does not belong in the package."),
    "twice": _("%(name)s is in the package twice."),
    "missing": _("%(name)s is missing."),
    "volume_missing": _("%(name)s is missing: a volume of the list."),
    "size_wrong": _("%(name)s has %(found)s bytes, not the %(declared)s of the manifest."),
    "oversized": _("%(name)s is larger than it can be."),
    "changed": _("%(name)s has been changed: its SHA-256 is not the one in the manifest."),
    "crc": _("%(name)s and its check sum in the ZIP do not agree."),
    "before_signing": _("%(name)s was changed before it was signed: its first part is not the one in the manifest."),
    # JSON.
    "byte_order_mark": _("It begins with a byte order mark."),
    "carriage_return": _("It ends with a carriage return; lines end with a line feed alone."),
    "not_utf8": _("It is not valid UTF-8."),
    "not_json": _("It is not JSON."),
    "not_canonical": _("It is JSON, but not written in the canonical form (RFC 8785)."),
    "not_nfc": _("It has text that is not in the normal form NFC."),
    "control_character": _("It has a control character, or a sign that some programs take for the end of a line."),
    "key_twice": _("The key %(key)s is there twice."),
    "no_number": _("%(word)s is not a number."),
    "not_whole": _("%(word)s is not a whole number that every program reads alike."),
    "key_missing": _("The key %(key)s is missing."),
    "key_unknown": _("The key %(key)s does not belong there."),
    "wrong_kind": _("%(place)s is not of the right kind."),
    "wrong_value": _("%(place)s has a value that it cannot have: %(value)s."),
    # The manifest.
    "countries_do_not_add_up": _("The numbers by country add up to %(found)s, not to %(declared)s."),
    "countries_unordered": _("The countries are not in the order of their codes, each once."),
    "country_not_asked": _("The manifest counts signers in %(country)s, which its own filter leaves out."),
    "origins_do_not_add_up": _("The numbers by origin add up to %(found)s, not to %(declared)s."),
    "shown_do_not_add_up": _("The numbers by how signers are shown add up to %(found)s, not to %(declared)s."),
    "texts_do_not_add_up": _("The numbers by text add up to %(found)s, not to %(declared)s."),
    "text_twice": _("The same text is counted twice."),
    "tree_size": _("The tree has %(found)s leaves, not %(declared)s."),
    "files_wrong": _("The files it names are not those of a package, each once and in order."),
    "signing_incomplete": _("What it says about %(name)s before signing is not complete, or cannot be."),
    # The list.
    "line_too_long": _("A line is longer than any line can be."),
    "no_line_end": _("The last line does not end with a line feed."),
    "wrong_n": _("It has the number %(found)s."),
    "same_line": _("It is the same line as the one before it."),
    "out_of_order": _("It does not come after the line before it (country, shown, name, c)."),
    "c_twice": _("Two lines of list.jsonl have the same c: %(c)s…"),
    "list_size": _("list.jsonl has %(found)s lines, not the %(declared)s of the manifest."),
    "list_country": _("list.jsonl has %(found)s signers in %(country)s, not the %(declared)s of the manifest."),
    "list_shown": _("list.jsonl has %(found)s signers shown as “%(shown)s”, not the %(declared)s of the manifest."),
    "root": _("The list does not match the root in the manifest: lines were changed, added or removed."),
    # Signature and key.
    "bad_signature": _(
        "The signature does not belong to this manifest: the manifest was changed after it was signed."
    ),
    "bad_key": _("The key is not an Ed25519 public key in the usual form."),
    "key_not_named": _("The key is not the one that the manifest names."),
    "wrong_key": _("It was made with another key than the one you named: %(found)s."),
    # The other forms of the list.
    "cells_differ": _("%(name)s does not say the same as list.jsonl in line %(n)s."),
    "rows_missing": _("%(name)s ends before line %(n)s of list.jsonl."),
    "rows_too_many": _("%(name)s goes on after the last line of list.jsonl."),
    "table_broken": _("%(name)s cannot be read as the list: %(why)s"),
    "table_heading": _("The columns are not those of a list."),
    "table_not_csv": _("It is not CSV as a list is written."),
    "table_not_workbook": _("It is not a workbook as a list is written."),
    "table_formula": _("It has a formula, a link or another cell that is not plain text or a number."),
    "table_swells": _("It unpacks to far more than a list can be."),
    # The time stamp.
    "stamp_broken": _("manifest.json.tsr is not a time stamp (RFC 3161)."),
    "stamp_of_another": _("manifest.json.tsr is a time stamp of something else than this manifest."),
    "stamp_signature": _("manifest.json.tsr has been changed: its signature does not hold."),
    # Receipts.
    "receipt_line": _("The line in the receipt is not a line of a list: %(why)s"),
    "receipt_outside": _("The line's place in the receipt is not in the list: %(index)s of %(size)s."),
    "receipt_n": _("The line's number is not its place in the list."),
    "receipt_path": _(
        "The path does not lead from the line to the manifest's root: the line is not in this package."
    ),
    "receipt_counts": _("The manifest counts nobody of this line's country who is shown like this."),
    "receipt_secret": _("The secret is not the one of this line: it does not prove whose line it is."),
}

NOTES = {
    # Said by the command alone: the page has its own words.
    "maker_not_checked": "Who made it is not checked: name the key you trust with --key.",
    "tables_not_compared": _(
        "list.csv and list.xlsx were checked by their hashes; --deep also compares their cells."
    ),
    "pdfs_by_hash": "The PDFs were checked by their hashes; what they show was not read.",
    "stamp_maker": "The time stamp names this manifest and its signature holds; whose it is was not checked.",
    "mine": "The secret proves that the line belongs to whoever has this receipt.",
    "not_whose": "It does not say whose line it is.",
}
