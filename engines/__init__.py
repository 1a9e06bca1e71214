"""Generic engines: metadata, expressions, forms, workflows, reports. They know no web, no tenant and no business."""
