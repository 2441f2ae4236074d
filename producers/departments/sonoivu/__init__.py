"""Sở Nội vụ: the city's organisations and their codes."""
