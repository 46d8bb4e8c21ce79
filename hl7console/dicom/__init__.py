"""DICOM Modality Worklist and MPPS adapters."""
