"""The wake-up between processes, on Redis, RabbitMQ or in memory."""
