"""The small signs of BPMN: task icons, event and gateway markers, as SVG paths around their own origin."""

from __future__ import annotations

#: in a box of 16 × 16 at the upper left of a task
TASK_ICONS = {
    "userTask": '<circle cx="8" cy="4.6" r="3.1"/><path d="M1.8 15c0-4.4 2.8-6 6.2-6s6.2 1.6 6.2 6z"/>',
    "manualTask": '<path d="M1 6.5h6.5l2-2.3h4.6v7.6H6.2L1 9.6z"/>',
    "serviceTask": '<circle cx="8" cy="8" r="4.4"/><circle cx="8" cy="8" r="1.6"/>'
    '<path d="M8 1.2v2.4M8 12.4v2.4M1.2 8h2.4M12.4 8h2.4M3.2 3.2l1.7 1.7M11.1 11.1l1.7 1.7M12.8 3.2l-1.7 1.7M4.9 11.1l-1.7 1.7"/>',
    "scriptTask": '<path d="M4.2 1h8.6c-2.8 3 1 5-1 7.2s1 4.8-1.8 6.8H2c2.8-2-1-4.6 1-6.8S1.4 4 4.2 1zM5.2 4.6h5M4.6 8h5M5 11.4h5"/>',
    "businessRuleTask": '<path d="M1 3h14v10.5H1zM1 6.2h14M5.4 6.2v7.3M1 9.8h14"/>',
    "sendTask": '<path fill="#243b53" stroke="none" d="M1 3h14v10H1z"/><path stroke="#fff" d="M1 3l7 5.6L15 3"/>',
    "receiveTask": '<path d="M1 3h14v10H1zM1 3l7 5.6L15 3"/>',
}

#: around the centre of an event; thrown ones are filled
EVENT_MARKERS = {
    "message": '<path d="M-8-5.5H8v11H-8zM-8-5.5L0 1l8-6.5"/>',
    "timer": '<circle r="9.5"/><path d="M0-6.5V0l4 3M0-9.5v2M0 7.5v2M-9.5 0h2M7.5 0h2"/>',
    "error": '<path d="M-7 7L-3.4-5.6 2 2.6 7-7 3.4 6.4-2-1.6z"/>',
    "signal": '<path d="M0-8L8 6H-8z"/>',
    "escalation": '<path d="M0-8L6 7 0 1-6 7z"/>',
    "conditional": '<path d="M-6-8H6V8H-6zM-3.6-4.4h7.2M-3.6 0h7.2M-3.6 4.4h7.2"/>',
    "link": '<path d="M-8-3h8v-4l8 7-8 7V3h-8z"/>',
    "compensate": '<path d="M0-6l-8 6 8 6zM8-6L0 0l8 6z"/>',
    "terminate": '<circle fill="#243b53" stroke="none" r="9"/>',
    "cancel": '<path d="M-7-5l2-2 5 5 5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5z"/>',
}

#: around the centre of a gateway, with the width of the line
GATEWAY_MARKERS = {
    "exclusiveGateway": ("M-6.5-8.5L6.5 8.5M6.5-8.5L-6.5 8.5", 3.5),
    "parallelGateway": ("M-11 0H11M0-11V11", 3.5),
    "inclusiveGateway": ("M-10 0a10 10 0 1 0 20 0a10 10 0 1 0-20 0", 2.5),
    "eventBasedGateway": ("M-12 0a12 12 0 1 0 24 0a12 12 0 1 0-24 0M0-7L6.6-2.2 4.1 5.6H-4.1L-6.6-2.2z", 1.3),
    "complexGateway": ("M-11 0H11M0-11V11M-7.5-7.5l15 15M7.5-7.5l-15 15", 3),
}


def arrow_heads(prefix: str) -> str:
    """Definitions of the ends of edges, with ids of their own for each picture on a page."""
    return (
        f'<marker id="{prefix}-arrow" viewBox="0 0 10 10" refX="9.4" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        '<path fill="#243b53" stroke="none" d="M0 1.4L10 5 0 8.6z"/></marker>'
        f'<marker id="{prefix}-message" viewBox="0 0 10 10" refX="9.4" refY="5" markerWidth="9" markerHeight="9" orient="auto">'
        '<path fill="#fff" stroke="#243b53" d="M0 1.2L9.6 5 0 8.8z"/></marker>'
        f'<marker id="{prefix}-dot" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="7" markerHeight="7">'
        '<circle fill="#fff" stroke="#243b53" cx="5" cy="5" r="4"/></marker>'
    )


def loop_marker(repeated: str, x: float, y: float) -> str:
    """Three bars for a multi-instance, a turning arrow for a loop; at the lower middle of an activity."""
    bars = {
        "parallel": f"M{x - 4:g} {y - 11:g}v9M{x:g} {y - 11:g}v9M{x + 4:g} {y - 11:g}v9",
        "sequential": f"M{x - 5:g} {y - 10:g}h10M{x - 5:g} {y - 6.5:g}h10M{x - 5:g} {y - 3:g}h10",
    }
    arrow = f"M{x - 3:g} {y - 3:g}a5 5 0 1 1 5.4 0.4M{x - 6.4:g} {y - 2.6:g}h3.4v-3.4"
    return f'<path fill="none" stroke="#243b53" stroke-width="1.8" d="{bars.get(repeated, arrow)}"/>'
