"""Where state lies: tables, connections, the unit of work, migrations. No rules of the business."""
