// What every page loads: htmx, and small helpers for pages that work without them too.
import "htmx.org";
import { startDialogs } from "./dialogs.js";
import { startDiagrams } from "./diagrams.js";
import { startDrafts } from "./drafts.js";
import { initForms } from "./forms.js";
import { startMenus } from "./menus.js";
import { startPickers } from "./pickers.js";
import { startRefreshing } from "./refreshing.js";

startDialogs();
startDiagrams();
initForms();
startDrafts();
startMenus();
startPickers();
startRefreshing();
