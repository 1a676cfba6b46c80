// Reads exported documents with Automerge's own JavaScript library and holds them against the text
// and the heads that Weft wrote beside them.
//
//   node check.mjs DIR     every *.automerge below DIR, with the *.json of the same name beside it,
//                          and the heads of manifest.json where there is one
//   node check.mjs FILE    prints the canonical text of one *.automerge file
//
// Exit code 0: all equal; 1: the differences are listed; 2: nothing to check.

import fs from "node:fs";
import path from "node:path";
import * as Automerge from "@automerge/automerge";

const DEPTH_MAX = 16;
const ROOT = "_root";
const hex = (bytes) => Buffer.from(bytes).toString("hex");

// RFC 8785: JavaScript sorts by UTF-16 units and escapes and writes numbers as the standard asks.
function canonical(value) {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort();
    return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

function f64Bits(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return hex(bytes);
}

function scalar(type, value) {
  switch (type) {
    case "str":
    case "boolean":
    case "null":
      return value;
    case "f64":
      return { f64: f64Bits(value) };
    case "bytes":
      return { bytes: hex(value) };
    case "timestamp":
      return { timestamp: String(value.getTime()) };
    case "int":
    case "uint":
    case "counter":
      return { [type]: String(value) };
    default:
      throw new Error(`a scalar of the type ${type}, which no document of ours has`);
  }
}

// Each value under a key, with the operation that put it there.
function values(doc, object, key, depth) {
  return doc.getAll(object, key).map(([type, value, id]) => {
    if (["map", "table", "list", "text"].includes(type)) {
      // Of an object the value is its id, which is also its operation.
      return [value, content(doc, value, type, depth + 1)];
    }
    return [id, scalar(type, value)];
  });
}

function content(doc, object, type, depth) {
  if (depth > DEPTH_MAX) {
    return { deeper: object };
  }
  if (type === "text") {
    return { text: doc.text(object) };
  }
  if (type === "list") {
    const items = [...Array(doc.length(object)).keys()];
    return { list: items.map((index) => values(doc, object, index, depth)) };
  }
  const members = doc.keys(object).map((key) => [key, values(doc, object, key, depth)]);
  return Object.fromEntries(members);
}

// A container that a later version brought is in Weft's text only once it holds something. With
// `named`, the members of that text, an empty map that it does not name is left out here too.
function read(file, named) {
  const loaded = Automerge.load(fs.readFileSync(file));
  const doc = Automerge.getBackend(loaded);
  const whole = content(doc, ROOT, "map", 0);
  const isEmpty = ([, value]) => canonical(value) === "{}";
  for (const [key, all] of Object.entries(whole)) {
    if (named && !(key in named) && all.every(isEmpty)) {
      delete whole[key];
    }
  }
  return { text: canonical(whole), heads: [...doc.getHeads()].sort() };
}

function firstDifference(ours, theirs) {
  let at = 0;
  while (at < ours.length && ours[at] === theirs[at]) {
    at += 1;
  }
  const around = (text) => text.slice(Math.max(0, at - 60), at + 60);
  return `at ${at}:\n    JavaScript ...${around(theirs)}...\n    Weft       ...${around(ours)}...`;
}

function check(directory) {
  const manifest = path.join(directory, "manifest.json");
  const listed = fs.existsSync(manifest) ? JSON.parse(fs.readFileSync(manifest, "utf8")) : [];
  const found = fs.readdirSync(directory, { recursive: true, encoding: "utf8" });
  const files = found.filter((file) => file.endsWith(".automerge")).sort();
  const problems = [];
  for (const file of files) {
    const beside = path.join(directory, file.replace(/\.automerge$/, ".json"));
    const ours = fs.readFileSync(beside, "utf8");
    const theirs = read(path.join(directory, file), JSON.parse(ours));
    if (ours !== theirs.text) {
      problems.push(`${file} differs ${firstDifference(ours, theirs.text)}`);
    }
    const entry = listed.find((one) => one.file === file.split(path.sep).join("/"));
    if (entry !== undefined && canonical([...entry.heads].sort()) !== canonical(theirs.heads)) {
      problems.push(`${file} has the heads ${theirs.heads}, not ${entry.heads}`);
    }
  }
  for (const entry of listed) {
    if (!files.includes(entry.file.split("/").join(path.sep))) {
      problems.push(`${entry.file} is in manifest.json, but not there`);
    }
  }
  return { files, problems };
}

const target = process.argv[2];
if (target === undefined || !fs.existsSync(target)) {
  console.error("usage: node check.mjs DIR|FILE");
  process.exit(2);
}
if (fs.statSync(target).isFile()) {
  process.stdout.write(`${read(target).text}\n`);
  process.exit(0);
}
const { files, problems } = check(target);
problems.forEach((problem) => console.error(problem));
console.log(`${files.length} documents read, ${problems.length} differences`);
process.exit(files.length === 0 ? 2 : Math.min(problems.length, 1));
