// The knowledge pages: the list of entries, or the one entry that the address names.

import { unavailable } from "./dom.js";
import { EntryPage } from "./entry.js";
import { List } from "./list.js";

const root = document.getElementById("content");
const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const page = id ? new EntryPage(root, id) : new List(root);

page.show().catch((error) => unavailable(root, error));
