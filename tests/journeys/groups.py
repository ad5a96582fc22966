"""What an operator does to consumer groups with Kafka's own tools: removes members that are gone, resets offsets."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.protocol.group import LeaveGroupRequest

from tests.journeys.stack_harness import PARTITIONS, READERS


async def remove_members(url: str) -> None:
    """Have every member leave its group: static ones, whose process has ended, would be waited for for 45 s."""
    admin = AIOKafkaAdminClient(bootstrap_servers=url)
    await admin.start()
    try:
        for group in (group for readers in READERS.values() for group in readers.values()):
            try:
                coordinator = await admin.find_coordinator(group)
            except GroupCoordinatorNotAvailableError:
                continue  # a broker that never had a group
            for described in await admin.describe_consumer_groups([group], coordinator):
                for _, _, _, _, _, members, *_ in described.groups:
                    for member in members:
                        await admin._send_request(LeaveGroupRequest(group, member[0]), coordinator)
    finally:
        await admin.close()


async def rewind(url: str, topic: str) -> None:
    """Set the offsets of a topic's groups to the beginning (`kafka-consumer-groups --reset-offsets --to-earliest`)."""
    for group in READERS[topic].values():
        await _rewind(url, topic, group)


async def _rewind(url: str, topic: str, group: str) -> None:
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    member = AIOKafkaConsumer(bootstrap_servers=url, group_id=group, enable_auto_commit=False)
    await member.start()
    try:
        member.assign(partitions)
        await member.commit(dict.fromkeys(partitions, 0))
    finally:
        await member.stop()
