"""A script as many articles of 2025 and 2026 show it: both ids are retired."""

from google import genai

client = genai.Client()
client.models.generate_videos(model="veo-3.0-generate-001", prompt="A paper boat at dawn.")
client.models.generate_videos(model="veo-3.1-generate-preview", prompt="A paper boat at dawn.")
