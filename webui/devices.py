"""What a browser says of itself, as people call it: `Chrome · Windows`."""

from __future__ import annotations

#: sign in the text → name; the first that is found counts, for most claim to be others as well
_BROWSERS = (("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"),
             ("HeadlessChrome", "Chrome"), ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("HarmonyOS", "HarmonyOS"), ("Windows", "Windows"),
            ("Mac OS", "Mac"), ("Linux", "Linux"))


def device_name(text: str) -> str:
    """Browser and system; the text's beginning where neither is known."""
    found = [next((name for sign, name in known if sign in text), "") for known in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in found if name) or text[:40] or "—"


def is_phone(text: str) -> bool:
    """Whether it is one that is carried."""
    return any(sign in text for sign in ("iPhone", "Android", "Mobile"))
