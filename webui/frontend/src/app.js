// What every page loads: htmx, and small helpers for pages that work without them too.
import htmx from "htmx.org";
import { startBoard } from "./board.js";
import { startCasePictures } from "./case-picture.js";
import { startCopying } from "./copying.js";
import { startDesk } from "./desk.js";
import { startDialogs } from "./dialogs.js";
import { startDiagrams } from "./diagrams.js";
import { startDifferences } from "./differences.js";
import { startDrafts } from "./drafts.js";
import { startFilling } from "./filling.js";
import { initForms } from "./forms.js";
import { startHelp } from "./help.js";
import { startLists } from "./lists.js";
import { startLocalDrafts } from "./local-drafts.js";
import { startMenus } from "./menus.js";
import { startNews } from "./news.js";
import { startPhone } from "./phone.js";
import { startPhotos } from "./photos.js";
import { startPickers } from "./pickers.js";
import { startPlay } from "./play.js";
import { startRefreshing } from "./refreshing.js";
import { startTalk } from "./talk.js";

// no code from attributes, no styles of its own: the policy of our pages forbids both; refusals are shown where the server says
Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false, selfRequestsOnly: true, historyCacheSize: 0 });
htmx.config.responseHandling = [{ code: "204", swap: false }, { code: "[23]..", swap: true }, { code: "[45]..", swap: true, error: false }];

startBoard();
startCopying();
startDialogs();
startDiagrams();
startDifferences();
startCasePictures();
startFilling();
initForms();
startDrafts();
startHelp();
startLists();
startLocalDrafts();
startMenus();
startNews();
startPhotos();
startPickers();
startPlay();
startDesk();
startRefreshing();
startTalk();
startPhone();
